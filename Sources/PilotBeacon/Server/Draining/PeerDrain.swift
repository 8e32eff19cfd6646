import PilotTransport
import PilotWire

/// Which peer of a beacon that drains hears of it when, and whose connection is closed when.
///
/// Each peer is told once. Those that speak `pilot.v2` choose a moment to come back by themselves, and leave when they have; whoever
/// hasn't by the end is closed then. Others may be deployed ones, which ignore texts, and dial 250 ms after they are closed, without
/// any jitter: their ends are spread over the window, one in each of as many equal parts as there are, somewhere within it; and each
/// is told to come back before its own end, in case it does understand.
///
/// A value without clock or random source. Bounded by the connections that there are.
struct PeerDrain: Sendable {
  /// How a drain goes.
  struct Plan: Sendable, Equatable {
    /// When peers are told, and nobody new is admitted.
    var begin: MonotonicInstant
    /// When everybody left is closed.
    var end: MonotonicInstant
    /// When somebody is there for them at the place that they are sent to; no sooner than ``begin``.
    var back: MonotonicInstant
  }

  /// A connection.
  struct Peer: Sendable, Equatable {
    let id: UInt64
    /// Whether it speaks `pilot.v2`.
    let isOwn: Bool
  }

  enum Action: Sendable, Equatable {
    /// Admit nobody from now on.
    case refuseNew
    /// Tell a peer when to come back.
    case tell(UInt64, ReturnSpan)
    /// Close its connection, behind what waits for it.
    case close(UInt64)
  }

  private enum State: Equatable {
    case told
    case closing(at: MonotonicInstant)
    case closed
  }

  private let plan: Plan
  private var isRefusing = false
  private var states: [UInt64: State] = [:]

  init(_ plan: Plan) {
    self.plan = plan
  }

  /// When those who are told now are to come back.
  ///
  /// Where somebody is there for them while the beacon drains, they come within four fifths of what is left of it, so that whoever
  /// fails has time for another attempt before its connection is closed; else within as long as the window is.
  ///
  /// - Parameter close: When the connection of who is told is closed; nil at the end.
  func span(at now: MonotonicInstant, before close: MonotonicInstant? = nil) -> ReturnSpan {
    let end = close ?? plan.end
    let from = max(plan.back, now)
    let isDuring = from < end
    let length = isDuring ? from.duration(to: end) * 4 / 5 : plan.begin.duration(to: plan.end)
    let first = now.duration(to: from).wholeMilliseconds
    let last = min(first + length.wholeMilliseconds, UInt64(ReturnSpan.limit))
    return ReturnSpan(from: UInt32(min(first, last)), until: UInt32(last)) ?? .atOnce
  }

  /// Time has passed.
  ///
  /// - Parameters:
  ///   - peers: All that are connected now.
  ///   - random: Uniform in 0..<1, anew at each call.
  mutating func tick(at now: MonotonicInstant, _ peers: [Peer], random: () -> Double) -> [Action] {
    guard now >= plan.begin else { return [] }
    var actions: [Action] = []
    if !isRefusing {
      isRefusing = true
      actions.append(.refuseNew)
    }
    admit(peers.filter { states[$0.id] == nil }, at: now, &actions, random)
    for peer in peers {
      guard case .closing(let due)? = states[peer.id], now >= due else { continue }
      states[peer.id] = .closed
      actions.append(.close(peer.id))
    }
    return actions
  }

  private mutating func admit(
    _ newcomers: [Peer], at now: MonotonicInstant, _ actions: inout [Action], _ random: () -> Double
  ) {
    let common = span(at: now)
    let deployed = newcomers.count { !$0.isOwn }
    let part = now.duration(to: plan.end) / max(deployed, 1)
    var place = 0
    for peer in newcomers {
      guard peer.isOwn else {
        let close = now.advanced(by: part * (Double(place) + random()))
        states[peer.id] = .closing(at: close)
        actions.append(.tell(peer.id, span(at: now, before: close)))
        place += 1
        continue
      }
      states[peer.id] = .told
      actions.append(.tell(peer.id, common))
    }
  }
}

extension Duration {
  /// Milliseconds, rounded down; 0 for what is negative.
  var wholeMilliseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return UInt64(seconds) * 1_000 + UInt64(attoseconds / 1_000_000_000_000_000)
  }
}
