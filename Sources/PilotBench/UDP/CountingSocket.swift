import PilotTransport
import PilotUDP
import PilotWire

/// The receiving end: a socket that counts what comes, on a thread of its own.
struct CountingSocket: Sendable {
  fileprivate struct Socket: Sendable {
    let transport: UDPTransport
    let count = FrameCount()
  }

  /// What is done with a frame.
  enum Service: Sendable {
    /// It is counted, and its first byte touched.
    case count
    /// It is sent back, too.
    case echo
  }

  private let socket: Socket

  /// Where to send.
  let endpoints: [Endpoint]

  /// Binds a socket.
  ///
  /// - Parameters:
  ///   - count: How many addresses it has. More than one makes it 127.0.0.1 and those behind it, which are all this machine's
  ///     on Linux: many destinations, without as many threads to be woken, whose price would be the sender's.
  ///   - address: Where to bind it; with several addresses, its port.
  init(addresses count: Int, at address: Endpoint) throws(TransportError) {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = count > 1 ? Endpoint(ipv4Address: 0, port: address.port) : address
    let transport = try UDPTransport.bind(configuration)
    let port = transport.localEndpoint.port
    endpoints =
      count > 1
      ? (0..<UInt32(count)).map { Endpoint(ipv4Address: 0x7F00_0001 + $0, port: port) } : [transport.localEndpoint]
    socket = Socket(transport: transport)
  }

  /// How many frames have come.
  var received: Int { socket.count.value }
  /// The length of the last frame, in bytes.
  var lastLength: Int { socket.count.lastLength }

  /// What the receiving thread has worked so far.
  func processorTime() async -> Duration {
    await withTaskExecutorPreference(socket.transport.executor) { ProcessorTime.ofThread() }
  }

  /// Receives until ``close()``.
  func serve(_ service: Service) async throws(TransportError) {
    try await withTaskExecutorPreference(socket.transport.executor) { () async throws(TransportError) in
      try await socket.serve(service)
    }
  }

  /// Ends the receiving.
  func close() {
    socket.transport.close()
  }
}

extension CountingSocket.Socket {
  func serve(_ service: CountingSocket.Service) async throws(TransportError) {
    do {
      var receiver = try transport.makeReceiver()
      var touched: UInt8 = 0
      var length = 0
      var frames = 0
      try await receiver.forEach { frame in
        if !frame.bytes.isEmpty { touched &+= frame.bytes.byte(at: 0) }
        length = frame.bytes.byteCount
        frames += 1
        // An echo that doesn't leave shows as a round trip that isn't over.
        if service == .echo { try? transport.send(frame.bytes, to: frame.source) }
      } whenDrained: {
        count.add(frames, lastLength: length, touched: touched)
        frames = 0
      }
    } catch {
      guard error.code == .cancelled || error.code == .closed else { throw error }
    }
  }
}
