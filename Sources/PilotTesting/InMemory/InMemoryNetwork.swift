public import PilotTransport
public import PilotWire
import Synchronization

/// A network within one process: what one of its transports sends arrives at once at the one that it names.
///
/// Nothing is lost, repeated, delayed or reordered between two transports, so whatever a test sees missing was dropped by
/// a full queue, and counted.
///
/// ```swift
/// let network = InMemoryNetwork()
/// let alice = try network.makeTransport()
/// let bob = try network.makeTransport()
/// var receiver = try bob.makeReceiver()
/// try alice.send("hello".utf8.span.bytes, to: bob.localEndpoint)
/// let frame = try await receiver.next()
/// ```
public final class InMemoryNetwork: Sendable {
  /// Where ports that the network chooses begin: the dynamic range of RFC 6335 section 6.
  private static let firstPort: UInt16 = 49_152

  private let state = Mutex(State())

  /// Makes a network that nobody is on yet.
  public init() {}

  /// Puts a transport on the network. It stays until its ``InMemoryTransport/close()``, also when nobody holds it.
  ///
  /// - Parameters:
  ///   - endpoint: Where it receives. Port 0 lets the network choose the port; nil is 127.0.0.1 with port 0.
  ///   - configuration: Its limits.
  /// - Throws: `.bindFailed` when a live transport has this endpoint, or the address has no free port;
  ///   `.invalidConfiguration`.
  public func makeTransport(
    at endpoint: Endpoint? = nil, configuration: InMemoryTransport.Configuration = InMemoryTransport.Configuration()
  ) throws(TransportError) -> InMemoryTransport {
    try configuration.validate()
    let queue = FrameQueue(limits: configuration.receiveQueue)
    let wanted = endpoint ?? Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    let bound = try state.withLock { state throws(TransportError) in
      try state.bind(queue, at: wanted)
    }
    return InMemoryTransport(
      network: self, localEndpoint: bound, maximumFrameLength: configuration.maximumFrameLength, queue: queue)
  }

  /// Hands a frame to the transport at the destination.
  /// - Returns: Whether there is one.
  func deliver(_ frame: RawSpan, from source: Endpoint, to destination: Endpoint) -> Bool {
    guard let queue = state.withLock({ $0.queues[destination] }) else { return false }
    queue.push(frame, from: source)
    return true
  }

  /// Takes a closed transport off the network.
  func release(_ endpoint: Endpoint) {
    _ = state.withLock { $0.queues.removeValue(forKey: endpoint) }
  }
}

extension InMemoryNetwork {
  private struct State {
    var queues: [Endpoint: FrameQueue] = [:]
    private var nextPort = InMemoryNetwork.firstPort

    mutating func bind(_ queue: FrameQueue, at wanted: Endpoint) throws(TransportError) -> Endpoint {
      let endpoint = try wanted.port == 0 ? chooseEndpoint(like: wanted) : wanted
      guard queues[endpoint] == nil else {
        throw TransportError(code: .bindFailed, message: "another transport of this network is at \(endpoint)")
      }
      queues[endpoint] = queue
      return endpoint
    }

    private mutating func chooseEndpoint(like wanted: Endpoint) throws(TransportError) -> Endpoint {
      let ports = Int(UInt16.max - InMemoryNetwork.firstPort) + 1
      for _ in 0..<ports {
        let port = nextPort
        nextPort = port == .max ? InMemoryNetwork.firstPort : port + 1
        let endpoint = Endpoint(high: wanted.high, low: wanted.low, scope: wanted.scope, port: port)
        if queues[endpoint] == nil { return endpoint }
      }
      throw TransportError(code: .bindFailed, message: "no port is free at \(wanted.addressText)")
    }
  }
}
