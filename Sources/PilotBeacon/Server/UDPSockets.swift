import PilotTransport
import PilotUDP
import PilotWire

/// A beacon's UDP sockets: one address, one socket for each thread.
struct UDPSockets: OwnAddresses {
  let all: [UDPTransport]

  /// Binds them.
  ///
  /// - Parameter count: How many, at least 1.
  init(_ count: Int, _ configuration: UDPTransport.Configuration) throws(TransportError) {
    all = try UDPTransport.bindGroup(of: count, configuration)
  }

  var localEndpoint: Endpoint { all[0].localEndpoint }

  /// Where this machine is reached by the address that a datagram to these sockets was written to.
  func endpoint(of local: LocalAddress) -> Endpoint? { all[0].endpoint(of: local) }

  /// The totals of all.
  var counters: TransportCounters {
    all.dropFirst().reduce(into: all[0].counters) { $0 += $1.counters }
  }

  func close() {
    for socket in all { socket.close() }
  }
}
