import Logging
import PilotTransport
import PilotUDP

/// The listening sockets of the beacon before on which connections have yet to be accepted. It has given them up, and nobody
/// else has the nodes by now: so what fails is tried again for as long as this beacon serves, and keeps it from nothing else.
struct InheritedListeners: Sendable {
  /// From one attempt to the next.
  static let pause: Duration = .seconds(1)

  /// Begins to accept on a socket.
  typealias Start = @Sendable () async throws(TransportError) -> Void

  private struct Listener: Sendable {
    let name: String
    let start: Start
    var hasFailed = false
  }

  private var waiting: [Listener] = []
  private let logger: Logger

  init(logger: Logger) {
    self.logger = logger
  }

  /// Whether all of them are served.
  var isEmpty: Bool { waiting.isEmpty }

  /// - Parameter name: What connections come to it for.
  mutating func add(_ name: String, _ start: @escaping Start) { waiting.append(Listener(name: name, start: start)) }

  /// Tries each once. What fails is told the first time.
  mutating func attempt() async {
    var late: [Listener] = []
    for var listener in waiting {
      do throws(TransportError) {
        try await listener.start()
        if listener.hasFailed {
          logger.notice("Connections are accepted again", metadata: ["listener": "\(listener.name)"])
        }
      } catch {
        if !listener.hasFailed {
          logger.error(
            "This beacon has taken over, and can't accept connections yet: tried again each second; it serves on over UDP",
            metadata: ["listener": "\(listener.name)", "reason": "\(error)"])
        }
        listener.hasFailed = true
        late.append(listener)
      }
    }
    waiting = late
  }

  /// Tries those that are left until none is, the beacon ends, or the task is cancelled.
  mutating func keepTrying<Time: Clock<Duration>>(clock: Time, while isServing: @Sendable () -> Bool) async {
    while !isEmpty {
      guard (try? await clock.sleep(for: Self.pause)) != nil, isServing() else { return }
      await attempt()
    }
  }
}

extension InheritedDescriptor {
  /// Begins to accept on a copy, and gives this one up when that has worked.
  func accept(by start: (CInt) async throws(TransportError) -> Void) async throws(TransportError) {
    guard let copy = duplicate()?.take() else {
      throw TransportError(code: .bindFailed, message: "there is no descriptor left to accept connections with")
    }
    try await start(copy)
    close()
  }
}
