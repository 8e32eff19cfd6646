import PilotTransport
import PilotUDP
import PilotWire

/// A beacon's UDP sockets: one address, one socket for each thread.
struct UDPSockets: OwnAddresses {
  let all: [UDPTransport]

  /// Binds them, or takes those that another process has bound.
  ///
  /// - Parameters:
  ///   - count: How many, at least 1. Those of another process are as many as there are, and more if they may be shared: each holds
  ///     datagrams of its own, and none is left behind.
  ///   - inherited: Those; empty for none.
  init(
    _ count: Int, _ configuration: UDPTransport.Configuration, inherited: [InheritedDescriptor] = []
  ) throws(TransportError) {
    all =
      inherited.isEmpty
      ? try UDPTransport.bindGroup(of: count, configuration)
      : try UDPTransport.adoptGroup(inherited, growingTo: count, configuration)
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
