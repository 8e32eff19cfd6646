import NIOCore
import NIOEmbedded
import PilotTransport
import PilotWire

@testable import PilotWSS

/// A dial without a socket, whose clock stands still: what a beacon answers goes in, and how the dial ends comes out.
final class EmbeddedDial {
  private let loop = EmbeddedEventLoop()
  private let channel: EmbeddedChannel
  private let inbound = FrameQueue(limits: FrameQueue.Limits())
  private let outbound = OutboundQueue(
    role: .client, limits: OutboundQueue.Limits(bytes: 131_072, age: .seconds(1)), overflow: .refuseNewest,
    now: { .start })
  private var dial: Dial?
  private(set) var error: TransportError?

  init(_ beacon: WSSURL = WSSURL(isSecure: false, host: "192.0.2.1")) throws {
    channel = EmbeddedChannel(loop: loop)
    let configuration = try TestClient.configuration(beacon)
    try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 80)).wait()
    let dial = Dial(
      configuration: configuration, tls: nil, loop: loop, inbound: inbound, outbound: outbound, onEstablished: { _ in },
      onFailure: { [unowned self] in error = $0 })
    self.dial = dial
    dial.connected(channel)
    loop.run()
  }

  /// The request that went out.
  func request() throws -> String {
    try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } ?? ""
  }

  func receive(_ text: String) {
    _ = try? channel.writeInbound(ByteBuffer(string: text))
    loop.run()
  }

  func hangUp() {
    _ = try? channel.finish(acceptAlreadyClosed: true)
    loop.run()
  }

  /// The time for the whole dial is over.
  func reachLimit() { dial?.limitReached() }

  func advance(by time: TimeAmount) { loop.advanceTime(by: time) }
}
