import Logging
import PilotTransport
public import PilotWire

extension BeaconServer.Configuration {
  /// How a beacon finds the others of its deployment, and knows their frames (<doc:SeveralBeacons>).
  public struct Cluster: Sendable, Equatable {
    /// etcd's members, `http://HOST[:PORT]` or `https://HOST[:PORT]`; at least one. In clear text only those on this machine or a
    /// private network are asked.
    public var etcd: [String]
    /// A PEM file with the authorities to trust for `https`; nil, the default, for the system's.
    public var etcdAuthorities: String?
    /// A file with what the beacons have in common and nobody else knows, at least 32 bytes, which none but its owner may read, or
    /// the group of a file of root's.
    public var secret: String
    /// Where the others send this beacon what they pass on, by the address that its datagrams come from. nil, the default, takes the
    /// first of ``RouterConfiguration/advertised``, or the UDP address if that is a certain one. It stays what it is at the start.
    public var address: Endpoint?
    /// How the cluster's keys in etcd begin, so that several clusters can share it: `/` and a name, 64 bytes at most, of letters, digits,
    /// `.`, `_`, `-` and `/` in between. Default `/pilot`.
    public var etcdPrefix = "/pilot"

    /// A cluster with these members of etcd and this file.
    public init(etcd: [String], secret: String) {
      (self.etcd, self.secret) = (etcd, secret)
    }
  }
}

/// A beacon's part in its cluster.
struct BeaconCluster: Sendable {
  let peers: ClusterPeers
  let presence: ClusterPresence
  /// Only where presence is etcd's.
  let etcd: EtcdPresence?

  /// - Throws: `.invalidConfiguration`.
  init?(
    _ configuration: BeaconServer.Configuration, beaconID: UInt32, engine: RelayEngine, udp: Endpoint, logger: Logger
  ) throws(TransportError) {
    guard let cluster = configuration.cluster else { return nil }
    let secret = try ClusterSecret(path: cluster.secret)
    let endpoint = try configuration.clusterEndpoint(bound: udp)
    var generator = SystemRandomNumberGenerator()
    let epoch: UInt64 = generator.next()
    guard
      let own = ClusterMember(
        beaconID: beaconID, epoch: epoch, endpoint: endpoint, fingerprint: secret.fingerprint)
    else {
      throw BeaconServer.Configuration.isNowhere
    }
    etcd = configuration.presence == nil ? try Self.etcd(cluster) : nil
    guard let carrier = configuration.presence ?? etcd else { return nil }
    peers = ClusterPeers(ClusterIdentity(own), secret: secret)
    presence = ClusterPresence(
      own, engine: engine, peers: peers, presence: carrier, capacity: configuration.router.clusterNodeCapacity,
      seed: generator.next(), logger: logger)
  }

  static func etcd(_ cluster: BeaconServer.Configuration.Cluster) throws(TransportError) -> EtcdPresence {
    guard !cluster.etcd.isEmpty else {
      throw TransportError(code: .invalidConfiguration, message: "a cluster needs at least one URL of etcd")
    }
    var urls: [EtcdURL] = []
    for url in cluster.etcd { urls.append(try EtcdURL(parsing: url)) }
    return try EtcdPresence(urls, authorities: cluster.etcdAuthorities, prefix: cluster.etcdPrefix)
  }

  /// How things stand.
  var counts: ClusterCounts { presence.counts(at: .now()) }
}

extension BeaconServer.Configuration {
  /// Where the other beacons of the cluster send what they pass on.
  ///
  /// - Parameter udp: Where the UDP socket is bound.
  /// - Throws: `.invalidConfiguration` if that is nowhere.
  func clusterEndpoint(bound udp: Endpoint) throws(TransportError) -> Endpoint {
    let given = cluster?.address ?? router.advertised.first
    // The numbers of interfaces are this machine's own.
    let endpoint = Endpoint(high: (given ?? udp).high, low: (given ?? udp).low, port: given?.port ?? udp.port)
    guard !endpoint.isUnspecified, given?.port != 0 else { throw Self.isNowhere }
    return endpoint
  }

  static var isNowhere: TransportError {
    TransportError(
      code: .invalidConfiguration,
      message:
        "the other beacons have to know where this one is; bind it to one address, or name one with --cluster-address"
    )
  }
}

extension Endpoint {
  /// Whether it is all addresses, and so none: `0.0.0.0` or `::`.
  var isUnspecified: Bool { high == 0 && low == 0 || ipv4Address == 0 }
}
