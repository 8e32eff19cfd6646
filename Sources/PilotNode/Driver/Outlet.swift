import PilotTransport
import PilotUDP
import PilotWire

/// The transport, for who sends over it.
///
/// It can't be copied, so that a call borrows what is in it: of a copyable one a reference would be taken for the call and given
/// back behind it, which is a seventh of what a send costs. And the transport that most nodes have is called by its name.
enum Outlet: ~Copyable, Sendable {
  case udp(UDPTransport)
  case other(any Transport)

  init(_ transport: any Transport) {
    self = if let udp = transport as? UDPTransport { .udp(udp) } else { .other(transport) }
  }

  var transport: any Transport {
    switch self {
    case .udp(let transport): transport
    case .other(let transport): transport
    }
  }

  @inline(__always)
  func send(header: RawSpan, payload: RawSpan, to destination: Endpoint) throws(TransportError) {
    switch self {
    case .udp(let transport): try transport.send(header: header, payload: payload, to: destination)
    case .other(let transport): try transport.send(header: header, payload: payload, to: destination)
    }
  }
}
