/// What a node has found out about UDP on a network.
public enum NetworkVerdict: String, Sendable, Hashable {
  /// It gets through.
  case datagramsWork = "udp"
  /// It doesn't, and a connection does.
  case datagramsBlocked = "no-udp"
}
