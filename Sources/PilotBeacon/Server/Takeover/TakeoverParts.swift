/// What goes from one beacon to the next.
struct TakeoverParts: OptionSet, Sendable {
  let rawValue: UInt8

  /// The UDP sockets.
  static let udp = TakeoverParts(rawValue: 1)
  /// The socket that WebSocket connections are accepted on.
  static let wss = TakeoverParts(rawValue: 2)
  /// That of the status page.
  static let http = TakeoverParts(rawValue: 4)
  /// The table of nodes over UDP. Only with ``udp``.
  static let table = TakeoverParts(rawValue: 8)

  /// The stream for peers over WebSocket that are connected to the old beacon until they are sent away. Only with ``udp``.
  static let peers = TakeoverParts(rawValue: 16)

  static let all: TakeoverParts = [.udp, .wss, .http, .table, .peers]
}
