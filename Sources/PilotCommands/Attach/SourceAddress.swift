import NIOCore
import NIOPosix
import PilotWire

/// Which of this machine's addresses leads to a peer.
enum SourceAddress {
  /// The source address that the kernel's routes choose for a peer, with this port. Nothing is sent.
  static func towards(_ peer: Endpoint, port: UInt16) async -> Endpoint? {
    guard let remote = try? SocketAddress(ipAddress: peer.addressText, port: Int(peer.port)) else { return nil }
    let bootstrap = DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    guard let channel = try? await bootstrap.connect(to: remote).get() else { return nil }
    defer { channel.close(promise: nil) }
    guard let address = channel.localAddress?.ipAddress else { return nil }
    return try? Endpoint(parsing: address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)")
  }
}
