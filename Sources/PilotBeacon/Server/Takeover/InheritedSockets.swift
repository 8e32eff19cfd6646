package import PilotUDP

/// Sockets that came from another process: from the beacon before, or from the supervisor.
package struct InheritedSockets: Sendable {
  /// Those of one address.
  package var udp: [InheritedDescriptor] = []
  package var wss: InheritedDescriptor?
  package var http: InheritedDescriptor?

  package init() {}
}
