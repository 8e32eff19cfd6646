import ChaosCore
import NIOCore
import NIOPosix
import PilotWSS
import PilotWire

/// Gets a page of the beacon's status server.
enum BeaconPage {
  /// From the connection to the last byte.
  private static let limit: TimeAmount = .seconds(10)

  /// - Returns: The body of the answer.
  static func get(_ path: String, at endpoint: Endpoint) async throws -> String {
    let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(limit)
      .connect(to: SocketAddress(endpoint: endpoint)) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let expiry = client.channel.eventLoop.scheduleTask(in: limit) { client.channel.close(promise: nil) }
    defer { expiry.cancel() }
    let answer = try await client.executeThenClose { inbound, outbound in
      try await outbound.write(
        ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: \(endpoint)\r\nConnection: close\r\n\r\n"))
      var answer = ByteBuffer()
      for try await var part in inbound { answer.writeBuffer(&part) }
      return String(buffer: answer)
    }
    guard answer.hasPrefix("HTTP/1.1 200"), let end = answer.firstRange(of: "\r\n\r\n") else {
      throw ChaosFailure("the beacon's status page answers \(answer.prefix(40))")
    }
    return String(answer[end.upperBound...])
  }
}
