/// What a node that is registered over UDP has to prove.
@nonexhaustive
public enum UDPAuthentication: String, CaseIterable, Sendable {
  /// Nothing, as at deployed beacons. A proof outranks a plain Discover while it lasts.
  case off
  /// A node that has proven itself once since the beacon started is registered by proofs alone from then on. Others need
  /// none: deployed nodes can't prove anything.
  case prefer
  /// No node is registered over UDP without a proof, and so none whose key isn't known.
  case require
}
