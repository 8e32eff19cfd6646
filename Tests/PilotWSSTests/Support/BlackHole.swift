import NIOCore
import NIOPosix
import PilotTransport
import PilotWire

@testable import PilotWSS

/// An address that leaves connections without an answer: when its queue is full, the kernel drops them.
struct BlackHole {
  let address: Endpoint
  private let channels: [any Channel]

  static func start(at address: Endpoint = .loopback(port: 0)) async throws -> BlackHole {
    let group = MultiThreadedEventLoopGroup.singleton
    let server = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 0).serverChannelOption(.autoRead, value: false)
      .bind(to: SocketAddress(endpoint: address)).get()
    guard let local = server.localAddress, let address = Endpoint(address: local) else {
      throw Unexpected("no address")
    }
    // One waits in the queue, and one in the hands of the loop that would accept it.
    let fillers = (0..<4).map { _ in
      ClientBootstrap(group: group).connectTimeout(.milliseconds(300)).connect(to: local)
    }
    var channels: [any Channel] = [server]
    for filler in fillers {
      if let channel = try? await filler.get() { channels.append(channel) }
    }
    return BlackHole(address: address, channels: channels)
  }

  func stop() async {
    for channel in channels { try? await channel.close() }
  }
}
