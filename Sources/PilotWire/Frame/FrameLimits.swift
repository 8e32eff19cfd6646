/// The longest frames that each transport carries, in bytes (wire reference, section 1).
public enum FrameLimits {
  /// One binary WebSocket message.
  public static let maximumOverWSS = 65_535
  /// The longest WebSocket message that is taken. Deployed peers take, and so may send, one byte more than a frame has here.
  public static let maximumMessageOverWSS = 65_536
  /// The longest WebSocket message that a deployed client survives: one that is longer ends its connection. A beacon sends
  /// longer ones only to a peer that has shown that it takes them.
  public static let maximumOfDeployedClients = 32_768
  /// One UDP datagram over IPv4: 65,535 without the IP header of 20 bytes and the UDP header of 8.
  public static let maximumOverUDPv4 = 65_507
  /// One UDP datagram over IPv6: 65,535 without the UDP header of 8 bytes.
  public static let maximumOverUDPv6 = 65_527
}
