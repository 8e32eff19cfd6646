import PilotTransport
import PilotUDP
import PilotWire

/// Two transports on loopback.
struct LoopbackPair {
  let sender: UDPTransport
  let receiver: UDPTransport

  init() throws(TransportError) {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    sender = try UDPTransport.bind(configuration)
    receiver = try UDPTransport.bind(configuration)
  }

  func close() {
    sender.close()
    receiver.close()
  }
}
