/// A way that frames take: one interface in a capture, whose name is what a reader filters by (`frame.interface_name`).
public struct CapturePath: Hashable, Sendable {
  /// A short name, such as `udp`.
  public var name: String
  /// What it is, for people.
  public var details: String

  /// Whether each frame is a datagram, whose ports are UDP's; else they are TCP's.
  public var isDatagram: Bool

  /// A path of one's own.
  public init(name: String, details: String, isDatagram: Bool) {
    self.name = name
    self.details = details
    self.isDatagram = isDatagram
  }

  /// Datagrams.
  public static let udp = CapturePath(name: "udp", details: "Pilot frames in UDP datagrams", isDatagram: true)
  /// A WebSocket connection to a beacon.
  public static let wss = CapturePath(name: "wss", details: "Pilot frames in WebSocket messages", isDatagram: false)
}

/// Which way a frame goes, from the point of view of who captures it.
enum CaptureDirection: Sendable, Hashable, BitwiseCopyable {
  /// It was received.
  case inbound
  /// It was sent: the transport has taken it.
  case outbound
}
