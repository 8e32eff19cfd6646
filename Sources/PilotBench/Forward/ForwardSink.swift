import PilotTransport
import PilotUDP
import PilotWire

/// The service of a flood: a socket that counts what comes, on a thread of its own.
struct ForwardSink: Sendable {
  private let transport: UDPTransport
  private let gate: DeliveryGate
  /// The payload's bytes.
  private let length: Int

  /// Binds a socket.
  init(length: Int, gate: DeliveryGate) throws(TransportError) {
    transport = try .onLoopback()
    (self.gate, self.length) = (gate, length)
  }

  /// Where it is.
  var endpoint: Endpoint { transport.localEndpoint }

  /// Receives until ``close()``.
  ///
  /// - Returns: Datagrams that came as they weren't sent, or more than once.
  func serve() async throws(TransportError) -> Int {
    try await withTaskExecutorPreference(transport.executor) { () async throws(TransportError) in
      try await receive()
    }
  }

  private func receive() async throws(TransportError) -> Int {
    var check = SequenceCheck()
    var (told, invalid) = (0, 0)
    do {
      var receiver = try transport.makeReceiver()
      try await receiver.forEach { frame in
        guard frame.bytes.byteCount == length else {
          invalid += 1
          return
        }
        check.take(frame.bytes.bigEndian(at: 0))
      } whenDrained: {
        guard check.fresh > told else { return }
        gate.add(check.fresh - told, at: MonotonicInstant.now().nanoseconds)
        told = check.fresh
      }
    } catch {
      guard error.code == .cancelled || error.code == .closed else { throw error }
    }
    return invalid + check.repeated
  }

  /// Ends the receiving.
  func close() { transport.close() }
}

extension UDPTransport {
  /// A socket on loopback, with a port of the system's choice.
  static func onLoopback() throws(TransportError) -> UDPTransport {
    var configuration = Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    return try bind(configuration)
  }
}
