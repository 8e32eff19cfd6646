import ArgumentParser
import PilotBeacon
import PilotConsole
import PilotTransport

/// How a beacon finds the others of its deployment, of `pilot beacon`.
struct ClusterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Share who is attached where with other beacons through etcd, here: http:// or https://HOST[:PORT]; repeatable, or with \
      commas. In clear text only on this machine or a private network. (default: off)
      """, valueName: "url"))
  var etcd: [String] = []

  @Option(
    help: ArgumentHelp(
      "Trust these authorities for etcd over https, PEM. (default: the system's)", valueName: "file"))
  var etcdCa: String?

  @Option(
    help: ArgumentHelp(
      """
      The names of the cluster's keys in etcd begin so; another one for each cluster that shares an etcd. (default: /pilot)
      """, valueName: "key"))
  var etcdPrefix: String?

  @Option(
    help: ArgumentHelp(
      """
      What the other beacons of the cluster pass on is sent to this one here, such as an inner address that nodes don't know. It has \
      to be where its datagrams come from. (default: what --advertise names first, or the UDP address)
      """, valueName: "host:port"))
  var clusterAddress: String?

  @Option(
    help: ArgumentHelp(
      """
      What the beacons that share an etcd have in common and nobody else knows, such as the output of openssl rand -hex 32; for \
      its owner's eyes alone.
      """, valueName: "file"))
  var clusterSecret: String?

  /// What the settings come to; nil for no cluster.
  func configuration(_ settings: Settings) throws(CommandFailure) -> BeaconServer.Configuration.Cluster? {
    let texts = try settings.strings(etcd, "etcd")
    let secret = try settings.string(clusterSecret, "cluster-secret")
    let authorities = try settings.string(etcdCa, "etcd-ca")
    let prefix = try settings.string(etcdPrefix, "etcd-prefix")
    let addressText = try settings.string(clusterAddress, "cluster-address")
    let address = try settings.checking("cluster-address", else: nil) { () throws(CommandFailure) in
      try addressText.map { text throws(CommandFailure) in try ListenAddress.resolve(text, option: "cluster-address") }
    }
    let urls = texts.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    try settings.checking("etcd", else: ()) { () throws(CommandFailure) in
      for url in urls { try Self.check(url) }
    }
    guard !urls.isEmpty else {
      if secret != nil || authorities != nil || prefix != nil || addressText != nil {
        try settings.refuse(.usage("there is no etcd for the cluster", hint: "add --etcd URL"))
      }
      return nil
    }
    guard let secret else {
      try settings.refuse(
        .usage(
          "beacons that share an etcd need a secret in common",
          hint: "write one into a file with openssl rand -hex 32, and add --cluster-secret FILE"))
      return nil
    }
    var cluster = BeaconServer.Configuration.Cluster(etcd: urls, secret: secret)
    cluster.etcdAuthorities = authorities
    cluster.address = address
    if let prefix { cluster.etcdPrefix = prefix }
    return cluster
  }

  private static func check(_ url: String) throws(CommandFailure) {
    do throws(TransportError) {
      _ = try EtcdURL(parsing: url)
    } catch {
      throw .usage("--etcd: \(error.message)", hint: "for example --etcd http://127.0.0.1:2379")
    }
  }
}
