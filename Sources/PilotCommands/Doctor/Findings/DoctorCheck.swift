/// What `pilot doctor` looks at, in this order: from a name to a node that is attached.
enum DoctorCheck: String, CaseIterable, Sendable {
  /// The beacons' names, for each family of addresses.
  case dns
  /// The time of day, which certificates are judged by.
  case clock
  /// Datagrams out and back.
  case udp
  /// What address the beacons see, and whether that depends on who looks.
  case nat
  /// How long a datagram may be.
  case mtu
  /// A TCP connection to the beacon, or to the proxy.
  case tcp
  /// Whether a web page answers in the beacon's place.
  case portal
  /// The way through a proxy.
  case proxy
  /// The certificate.
  case tls
  /// The WebSocket upgrade.
  case upgrade
  /// Whether the beacon knows this node's key.
  case auth
  /// Whether a connection outlives silence.
  case idle
}
