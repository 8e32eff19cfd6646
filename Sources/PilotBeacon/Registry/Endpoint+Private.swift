import PilotTransport
import PilotWire

extension Endpoint {
  /// Whether the address is this machine's own or of a private network: what is said there in clear text, to a registry, to etcd
  /// or by a node behind a proxy, crosses nothing that others run.
  ///
  /// A carrier's shared address space is none of it: the carrier runs the way between two such addresses, and its other
  /// customers are on it. That it isn't the internet helps nobody whose keys are changed there.
  var isPrivate: Bool {
    switch AddressKind(of: self) {
    case .loopback, .linkLocal, .privateUse: true
    case .shared, .global, .reserved: false
    }
  }
}
