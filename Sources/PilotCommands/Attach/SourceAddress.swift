import NIOCore
import NIOPosix
import PilotWSS
import PilotWire

/// Which of this machine's addresses leads to a peer.
enum SourceAddress {
  /// The source address that the kernel's routes choose for a peer, with this port. Nothing is sent.
  static func towards(_ peer: Endpoint, port: UInt16) async -> Endpoint? {
    guard let remote = try? SocketAddress(endpoint: peer) else { return nil }
    let bootstrap = DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    guard let channel = try? await bootstrap.connect(to: remote).get() else { return nil }
    defer { channel.close(promise: nil) }
    guard let local = channel.localAddress.flatMap({ Endpoint(address: $0) }) else { return nil }
    // SwiftNIO's text of an address leaves the zone out; a link-local one is in that of the peer (RFC 4007, section 6).
    let scope = local.high >> 54 == 0xFE80 >> 6 ? peer.scope : 0
    return Endpoint(high: local.high, low: local.low, scope: scope, port: port)
  }
}
