public import PilotWire

/// Keys that never change.
public struct StaticKeyDirectory: KeyDirectory {
  private let keys: [NodeID: PublicKey]

  /// A directory of these keys.
  public init(_ keys: [NodeID: PublicKey]) {
    self.keys = keys
  }

  /// The key of `node`, at once.
  public func publicKey(of node: NodeID) -> PublicKey? { keys[node] }

  /// The key of `node`. nil means, here, that there is none.
  public func cachedPublicKey(of node: NodeID) -> PublicKey? { keys[node] }

  /// Always certain.
  public func answerAtHand(for node: NodeID) -> KeyAnswer? { keys[node].map { .key($0) } ?? .unknown }
}
