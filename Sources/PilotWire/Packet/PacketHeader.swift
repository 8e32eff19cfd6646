/// All of a packet's header but what the packet itself determines: version, payload length and checksum.
public struct PacketHeader: Hashable, Sendable {
  /// SYN, ACK, FIN and RST.
  public var flags: PacketFlags
  /// What the packet belongs to.
  public var `protocol`: PacketProtocol
  /// Who sends, address and port.
  public var source: PilotSocketAddress
  /// Who shall get it, address and port.
  public var destination: PilotSocketAddress
  /// The sequence number.
  public var sequence: UInt32
  /// The acknowledgement number.
  public var acknowledgement: UInt32
  /// How many segments the sender can take; 0 means no limit.
  public var window: UInt16

  /// A header of these parts.
  public init(
    flags: PacketFlags = [],
    protocol: PacketProtocol,
    source: PilotSocketAddress,
    destination: PilotSocketAddress,
    sequence: UInt32 = 0,
    acknowledgement: UInt32 = 0,
    window: UInt16 = 0
  ) {
    self.flags = flags
    self.protocol = `protocol`
    self.source = source
    self.destination = destination
    self.sequence = sequence
    self.acknowledgement = acknowledgement
    self.window = window
  }
}
