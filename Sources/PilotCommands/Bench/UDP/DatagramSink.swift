import PilotTransport
import PilotUDP
import PilotWire

/// The receiving end: sockets that count what comes, each on a thread of its own.
struct DatagramSink: Sendable {
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

  private let sockets: [Socket]

  /// Binds sockets, the further ones to the ports behind the first, or to any if that has port 0.
  init(sockets count: Int, at address: Endpoint) throws(TransportError) {
    var sockets: [Socket] = []
    for index in 0..<count {
      var configuration = UDPTransport.Configuration()
      let port = address.port == 0 ? 0 : address.port &+ UInt16(truncatingIfNeeded: index)
      configuration.bindTo = Endpoint(high: address.high, low: address.low, scope: address.scope, port: port)
      sockets.append(Socket(transport: try UDPTransport.bind(configuration)))
    }
    self.sockets = sockets
  }

  /// Where to send.
  var endpoints: [Endpoint] { sockets.map(\.transport.localEndpoint) }
  /// How many frames have come.
  var received: Int { sockets.reduce(0) { $0 + $1.count.value } }
  /// The length of the last frame, in bytes.
  var lastLength: Int { sockets.map(\.count.lastLength).max() ?? 0 }

  /// What the receiving threads have worked so far.
  func processorTime() async -> Duration {
    var sum: Duration = .zero
    for socket in sockets {
      sum += await withTaskExecutorPreference(socket.transport.executor) { ProcessorTime.ofThread() }
    }
    return sum
  }

  /// Receives until ``close()``.
  func serve(_ service: Service) async {
    await withTaskGroup { group in
      for socket in sockets {
        group.addTask(executorPreference: socket.transport.executor) { await socket.serve(service) }
      }
    }
  }

  /// Ends the receiving.
  func close() {
    sockets.forEach { $0.transport.close() }
  }
}

extension DatagramSink.Socket {
  func serve(_ service: DatagramSink.Service) async {
    do {
      var receiver = try transport.makeReceiver()
      var touched: UInt8 = 0
      var length = 0
      while true {
        let frames = try await receiver.receive { frame, source in
          if !frame.isEmpty { touched &+= frame.byte(at: 0) }
          length = frame.byteCount
          // An echo that doesn't leave shows as a round trip that isn't over.
          if service == .echo { _ = try? transport.send(frame, to: source) }
        }
        count.add(frames, lastLength: length, touched: touched)
      }
    } catch {
      // Closed, or cancelled: either way it was to end.
    }
  }
}
