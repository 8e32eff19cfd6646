import PilotTransport
import PilotUDP
import PilotWire

/// Two transports on loopback.
struct LoopbackPair {
  let sender: UDPTransport
  let receiver: UDPTransport

  /// - Parameter wildcard: Whether the receiver is bound to all addresses of this machine, IPv4 and IPv6, as a beacon is:
  ///   then the kernel tells which one each datagram was written to.
  init(wildcard: Bool = false) throws(TransportError) {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    sender = try UDPTransport.bind(configuration)
    receiver = try UDPTransport.bind(wildcard ? UDPTransport.Configuration() : configuration)
  }

  /// Where the sender reaches the receiver.
  var destination: Endpoint { Endpoint(ipv4: 127, 0, 0, 1, port: receiver.localEndpoint.port) }

  func close() {
    sender.close()
    receiver.close()
  }
}
