public import PilotTransport
import PilotWire
import Synchronization

extension Tunnels {
  /// Binds a port: what peers send to it comes to whoever has it.
  ///
  /// - Parameter port: 1…65535; nil for one of 49152…65535 that is free.
  /// - Throws: `.bindFailed`: it is bound already, or 0, or none is free.
  public func bind(_ port: UInt16? = nil) throws(TransportError) -> DatagramPort {
    let (datagrams, source) = AsyncStream.makeStream(
      of: Datagram.self, bufferingPolicy: .bufferingOldest(DatagramPort.capacity))
    let queue = DatagramQueue(source)
    return DatagramPort(self, try bind(port, queue), queue, datagrams)
  }

  /// Binds a port to who takes its datagrams on the reading task.
  ///
  /// - Parameters:
  ///   - port: As ``bind(_:)``.
  ///   - sink: Who takes them.
  /// - Returns: The port.
  /// - Throws: `.bindFailed`.
  package func bind(_ port: UInt16?, _ sink: any DatagramSink) throws(TransportError) -> UInt16 {
    let result = ports.withLock { ports -> Result<UInt16, TransportError> in
      do throws(TransportError) { return .success(try ports.bind(port, sink)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Gives a port back, if it is still this one's.
  package func unbind(_ port: UInt16, _ sink: any DatagramSink) {
    ports.withLock { if $0[port] === sink { $0.unbind(port) } }
  }
}
