public import PilotTransport
public import PilotWire

/// The far end of a transport under test: a transport itself (``TransportPeer``), or a server, or whatever wraps and
/// unwraps frames so that what one end sends is what the other gets.
public protocol ConformancePeer: Sendable {
  /// Sends one frame to the transport under test, waiting for room where there is none. Any task may call it.
  func send(_ frame: [UInt8]) async throws

  /// The next frame that arrived from the transport under test, as soon as there is one. One task at a time calls it.
  func next() async throws -> [UInt8]

  /// Ends the peer. Called once, at the end of a check.
  func close() async
}

/// A transport in the role of the far end.
public final class TransportPeer: ConformancePeer {
  private let transport: any Transport
  private let destination: Endpoint
  private let reader: FrameReader

  /// Takes the transport's receiver.
  ///
  /// - Parameters:
  ///   - transport: Closed by ``close()``.
  ///   - destination: How it addresses the transport under test.
  public init(_ transport: any Transport, destination: Endpoint) throws(TransportError) {
    self.transport = transport
    self.destination = destination
    reader = FrameReader(try transport.makeReceiver())
  }

  /// Sends one frame to the transport under test.
  public func send(_ frame: [UInt8]) async throws {
    try await transport.sendWhenPossible(frame, to: destination)
  }

  /// The next frame that arrived from it.
  public func next() async throws -> [UInt8] {
    try await reader.next().bytes
  }

  /// Closes the transport.
  public func close() async {
    transport.close()
  }
}

extension Transport {
  /// Sends a frame, again and again while the queue is full.
  func sendWhenPossible(_ frame: [UInt8], to destination: Endpoint) async throws(TransportError) {
    while true {
      do {
        return try unsafe send(frame.span.bytes, to: destination)
      } catch {
        guard error.retry == .soon, !Task.isCancelled else { throw error }
        await Task.yield()
      }
    }
  }
}
