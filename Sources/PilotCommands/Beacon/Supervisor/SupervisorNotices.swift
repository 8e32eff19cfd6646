import PilotTransport
import PilotUDP
import PilotWire
import ServiceLifecycle

/// Tells the supervisor how it stands with this process, if it wants to know (sd_notify(3)). What it doesn't hear is no trouble of the
/// beacon's.
struct SupervisorNotices: Sendable {
  private let address: String?

  /// - Parameter environment: Of this process; `NOTIFY_SOCKET` says where.
  init(_ environment: SupervisedEnvironment) { address = environment["NOTIFY_SOCKET"] }

  /// It serves.
  func ready(at udp: Endpoint) { send("READY=1\nSTATUS=Serving at \(udp)") }

  /// It looks at its settings again; ``ready(at:)`` follows.
  func reloading() { send("RELOADING=1\nMONOTONIC_USEC=\(MonotonicInstant.now().nanoseconds / 1_000)") }

  /// It is about to end.
  func stopping() { send("STOPPING=1\nSTATUS=Sending nodes away") }

  private func send(_ text: String) {
    if let address { try? SupervisorNotice.send(text, to: address) }
  }
}

/// Says so when the process is told to end.
struct StoppingNotice: Service {
  let notices: SupervisorNotices

  func run() async throws {
    try? await gracefulShutdown()
    if !Task.isCancelled { notices.stopping() }
  }
}
