/// Ports of a Pilot node that have a meaning (wire reference, section 5).
public enum PilotPort {
  /// Keepalives.
  public static let ping: UInt16 = 0
  /// Control.
  public static let control: UInt16 = 1
  /// Echo.
  public static let echo: UInt16 = 7
  /// Names.
  public static let names: UInt16 = 53
  /// HTTP.
  public static let http: UInt16 = 80
  /// The secure channel.
  public static let secure: UInt16 = 443
  /// Handshakes between nodes.
  public static let handshake: UInt16 = 444
  /// Standard input and output.
  public static let stdio: UInt16 = 1000
  /// Data.
  public static let data: UInt16 = 1001
  /// Events.
  public static let events: UInt16 = 1002
  /// Verification of a peer.
  public static let verify: UInt16 = 1003
  /// The ports for the near end of a conversation, which have no meaning of their own.
  public static let ephemeral: ClosedRange<UInt16> = 49_152...65_535
}
