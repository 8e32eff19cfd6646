import PilotTransport

/// A beacon's phases, from the first frame to the last socket.
///
/// ```text
///   serving ──shutDown──▶ draining(until) ──tick──▶ closing ──finished──▶ closed
///      └───────────── shutDown without a window, stop ──────▲
/// ```
///
/// Frames are relayed while it serves and drains; sockets are closed at the end of `closing`.
struct BeaconLifecycle: Sendable {
  enum Phase: Equatable, Sendable {
    case serving
    /// No new WebSocket connections; all else goes on until then.
    case draining(until: MonotonicInstant)
    /// Connections are being closed, then the sockets.
    case closing
    case closed
  }

  /// What the driver does next.
  enum Step: Equatable, Sendable {
    /// Admit no new connections, and come back then: ``BeaconLifecycle/tick(at:)``.
    case drain(until: MonotonicInstant)
    /// Close all connections and then the sockets, and say so: ``BeaconLifecycle/finished()``.
    case close
    case ignore
  }

  private(set) var phase = Phase.serving

  /// A graceful shutdown begins.
  ///
  /// - Parameter window: How long to drain; zero or less goes straight on to closing.
  mutating func shutDown(draining window: Duration, at now: MonotonicInstant) -> Step {
    guard case .serving = phase else { return .ignore }
    guard window > .zero else { return close() }
    let end = now.advanced(by: window)
    phase = .draining(until: end)
    return .drain(until: end)
  }

  /// Time has passed.
  mutating func tick(at now: MonotonicInstant) -> Step {
    guard case .draining(let end) = phase else { return .ignore }
    return now >= end ? close() : .drain(until: end)
  }

  /// It is to end at once: cancelled, or unable to serve.
  mutating func stop() -> Step {
    switch phase {
    case .serving, .draining: close()
    case .closing, .closed: .ignore
    }
  }

  /// Everything is closed.
  mutating func finished() {
    phase = .closed
  }

  private mutating func close() -> Step {
    phase = .closing
    return .close
  }
}
