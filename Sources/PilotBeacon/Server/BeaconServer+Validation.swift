package import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

extension BeaconServer.Configuration {
  private enum Check: CaseIterable {
    case succession, drain, redirect, names, neighbours, clusterAddress, clusterFiles, takeoverDirectory

    /// Whether it is left to who uses the files, at a start.
    var isAboutFiles: Bool { self == .clusterFiles || self == .takeoverDirectory }
  }

  /// All that keeps a beacon with this from starting, as far as that is known without binding anything. Reads the files of the cluster,
  /// and looks at the takeover's directory: blocks for as long as the disk takes.
  package var faults: [TransportError] {
    var faults: [TransportError] = []
    for check in Check.allCases {
      do throws(TransportError) { try perform(check) } catch { faults.append(error) }
    }
    return faults
  }

  /// Refuses what no beacon can be started with, whatever is in the files that it names.
  ///
  /// - Throws: `.invalidConfiguration`.
  package func validate() throws(TransportError) {
    for check in Check.allCases where !check.isAboutFiles { try perform(check) }
  }

  private func perform(_ check: Check) throws(TransportError) {
    switch check {
    case .succession: try checkSuccession()
    case .drain: try drain.validate()
    case .redirect: try redirect?.validate(wss?.limits)
    case .names: try checkNames()
    case .neighbours: try checkNeighbours()
    case .clusterAddress: try checkClusterAddress()
    case .clusterFiles: try checkClusterFiles()
    case .takeoverDirectory: try checkTakeoverDirectory()
    }
  }

  private func checkNames() throws(TransportError) {
    guard let name = names.first(where: { BeaconName(host: $0.host, port: $0.port ?? 1) == nil }) else { return }
    throw TransportError(code: .invalidConfiguration, message: "the beacon's name \(name) is no host or host and port")
  }

  private func checkNeighbours() throws(TransportError) {
    guard neighbours.count <= NeighbourLists.maximumNeighbours else {
      throw TransportError(
        code: .invalidConfiguration,
        message: "\(neighbours.count) neighbours are given, and \(NeighbourLists.maximumNeighbours) is the most")
    }
    if let name = neighbours.first(where: { $0.port == nil }) {
      throw TransportError(code: .invalidConfiguration, message: "the neighbour \(name) has no port")
    }
  }

  private func checkClusterAddress() throws(TransportError) {
    guard let cluster else { return }
    _ = try clusterEndpoint(bound: udp)
    guard EtcdKeys.isPrefix(cluster.etcdPrefix) else {
      throw TransportError(
        code: .invalidConfiguration,
        message:
          "keys in etcd can't begin with \"\(cluster.etcdPrefix)\"; give / and a name, for example /pilot-staging")
    }
  }

  private func checkClusterFiles() throws(TransportError) {
    guard let cluster else { return }
    _ = try ClusterSecret(path: cluster.secret)
    if presence == nil { _ = try BeaconCluster.etcd(cluster) }
  }

  private func checkTakeoverDirectory() throws(TransportError) {
    guard let takeover else { return }
    do throws(HandoverFault) {
      try HandoverListener.checkDirectory(of: takeover)
    } catch {
      throw Self.noTakeover(at: takeover, error)
    }
  }

  /// Why nobody can take over at a path.
  static func noTakeover(at path: String, _ fault: HandoverFault) -> TransportError {
    TransportError(
      code: .bindFailed,
      message: """
        can't wait for a takeover at \(path): \(fault.isAboutTrust ? "others could put a socket of theirs there" : "\(fault)"); its \
        directory has to be there, this user's or root's, and nobody else may write to it
        """)
  }
}
