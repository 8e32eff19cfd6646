import PilotTransport

/// A beacon's phases, from the first frame to the last socket.
///
/// ```text
///   serving ──shutDown──▶ draining(until) ──tick, emptied──▶ closing ──finished──▶ closed
///      └───────────── shutDown without a window, stop ────────────▲
/// ```
///
/// Frames are relayed while it serves and drains; sockets are closed at the end of `closing`.
struct BeaconLifecycle: Sendable {
  enum Phase: Equatable, Sendable {
    case serving
    /// Peers are sent away, one after the other; frames are relayed on until then.
    case draining(until: MonotonicInstant)
    /// Connections are being closed, then the sockets.
    case closing
    case closed
  }

  /// What the driver does next.
  enum Step: Equatable, Sendable {
    /// Send peers away as they are due, and come back soon: ``BeaconLifecycle/tick(at:)``, or ``BeaconLifecycle/emptied()`` when
    /// nobody is left.
    case drain(until: MonotonicInstant)
    /// Close all connections and then the sockets, and say so: ``BeaconLifecycle/finished()``.
    case close
    case ignore
  }

  private(set) var phase = Phase.serving

  /// A graceful shutdown begins.
  ///
  /// - Parameter time: How long to drain; zero or less goes straight on to closing.
  mutating func shutDown(draining time: Duration, at now: MonotonicInstant) -> Step {
    guard case .serving = phase else { return .ignore }
    guard time > .zero else { return close() }
    let end = now.advanced(by: time)
    phase = .draining(until: end)
    return .drain(until: end)
  }

  /// Time has passed.
  mutating func tick(at now: MonotonicInstant) -> Step {
    guard case .draining(let end) = phase else { return .ignore }
    return now >= end ? close() : .drain(until: end)
  }

  /// Nobody is left who could be sent away.
  mutating func emptied() -> Step {
    guard case .draining = phase else { return .ignore }
    return close()
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
