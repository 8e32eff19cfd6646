import NIOCore
import NIOEmbedded
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// One connection to the fuzzed beacon, as the node at its other end sees it.
final class FuzzedPeer {
  /// Who the node has proven to be.
  private(set) var node: NodeID?
  private let channel: EmbeddedChannel
  private let isOwn: Bool
  private var decoder = WebSocketDecoder(role: .client)
  private var isUpgraded = false
  private var challenge: AuthChallenge?
  private var claim: NodeID?

  /// - Parameter isOwn: Whether the node speaks `pilot.v2`.
  init(_ channel: EmbeddedChannel, isOwn: Bool) {
    self.channel = channel
    self.isOwn = isOwn
  }

  var isOpen: Bool { channel.isActive }

  func send(_ bytes: [UInt8]) {
    // What the pipeline doesn't want is dropped by the real channel, too.
    _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
  }

  /// What a proxy says of whom it speaks for, in the form of version 1 or 2 of its protocol.
  func sendProxyHeader(naming client: Endpoint, isBinary: Bool) {
    guard let address = client.ipv4Address, isBinary else {
      let family = client.isIPv4 ? "TCP4" : "TCP6"
      let server = client.isIPv4 ? "192.0.2.1" : "2001:db8::1"
      return send(Array("PROXY \(family) \(client.addressText) \(server) \(client.port) 443\r\n".utf8))
    }
    let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    let source = (0..<4).map { UInt8(truncatingIfNeeded: address >> (24 - 8 * $0)) }
    send(signature + [0x21, 0x11, 0, 12] + source + [192, 0, 2, 1, 0x0F, 0xA0, 1, 0xBB])
  }

  /// - Parameter client: Whom a proxy names in a field of the request.
  func upgrade(for client: Endpoint? = nil) {
    let forwarded = client.map { "X-Forwarded-For: \($0)\r\n" } ?? ""
    send(
      Array(
        ("GET \(WSSURL.defaultPath) HTTP/1.1\r\nHost: beacon\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\(forwarded)"
          + "Sec-WebSocket-Protocol: \(isOwn ? "pilot.v2, " : "")pilot.v1\r\n\r\n").utf8))
  }

  /// Answers the challenge, if there has been one: truthfully, if this is the beacon that was dialled.
  func authenticate(as node: NodeID, dialling beacon: BeaconName?) {
    guard let challenge,
      let reply = try? FuzzedNode.identities[node]?.reply(
        to: challenge, as: node, dialling: isOwn ? beacon : nil)
    else { return }
    claim = isOwn && beacon != FuzzedNode.beacon ? nil : node
    sendFrame(0x81, Array(reply.json.utf8))
  }

  func sendFrame(_ head: UInt8, _ payload: [UInt8]) {
    send(webSocketFrame(head, payload, mask: [1, 2, 3, 4]))
  }

  func hangUp() {
    _ = try? channel.finish(acceptAlreadyClosed: true)
  }

  /// Reads all that the beacon has sent here: an HTTP answer, and then frames that keep every rule.
  ///
  /// - Parameter mayName: Whether whoever has just spoken may stand in a delivery's sender field as this node.
  func readAll(_ mayName: (NodeID) -> Bool) throws(Violation) {
    while let buffer = (try? channel.readOutbound(as: ByteBuffer.self)) ?? nil {
      var bytes = Array(buffer.readableBytesView)
      if !isUpgraded {
        guard bytes.starts(with: "HTTP/1.1 ".utf8) else { throw Violation("no HTTP: \(bytes)") }
        guard bytes.starts(with: "HTTP/1.1 101".utf8) else { return drain() }
        isUpgraded = true
        bytes.removeFirst(headLength(bytes))
      }
      try read(bytes, mayName)
    }
  }

  private func drain() {
    while ((try? channel.readOutbound(as: ByteBuffer.self)) ?? nil) != nil {}
  }

  private func headLength(_ bytes: [UInt8]) -> Int {
    let end = Array("\r\n\r\n".utf8)
    return (4...bytes.count).first { bytes[$0 - 4..<$0].elementsEqual(end) } ?? bytes.count
  }

  private func read(_ bytes: [UInt8], _ mayName: (NodeID) -> Bool) throws(Violation) {
    var texts: [[UInt8]] = []
    var frames: [[UInt8]] = []
    do throws(WebSocketProtocolError) {
      try decoder.feed(bytes.span.raw) { event in
        switch event {
        case .text(let text): texts.append(text.copy)
        case .binary(let frame): frames.append(frame.copy)
        case .ping, .pong, .close: break
        }
      }
    } catch {
      throw Violation("the beacon broke a rule: \(error)")
    }
    for text in texts {
      switch try? HandshakeMessage(parsing: text.span.raw) {
      case .challenge(let challenge): self.challenge = challenge
      case .ok:
        guard let claim else { throw Violation("the beacon let in who had said nothing, or to another one") }
        node = claim
      default: throw Violation("the beacon said \(String(decoding: text, as: UTF8.self))")
      }
    }
    guard frames.isEmpty || node != nil else { throw Violation("a frame for nobody: \(frames)") }
    for frame in frames {
      try FuzzedBeacon.check(frame, mayName)
      if !isOwn, frame.first == BeaconMessageType.gone.rawValue {
        throw Violation("a node that doesn't know it was told who isn't there")
      }
    }
  }
}
