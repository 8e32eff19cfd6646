import NIOCore
package import PilotTransport
package import PilotWire

/// An authenticated peer's connection. Sending and closing work from any thread.
package final class WSSConnection: Sendable {
  /// Unique in the process, never used again.
  package let id: UInt64
  /// Whose key was proven.
  package let node: NodeID
  /// The key that was proven.
  package let key: PublicKey
  /// The TCP connection's other end: the node, or the proxy in front of the beacon.
  package let remote: Endpoint
  /// Whether the peer is of this project, and takes messages of every length: it speaks `pilot.v2`.
  package let isOwn: Bool
  private let outbound: OutboundQueue
  private let loop: any EventLoop
  private let link: NIOLoopBound<LinkReference>

  init(
    id: UInt64, node: NodeID, key: PublicKey, remote: Endpoint, isOwn: Bool, outbound: OutboundQueue,
    loop: any EventLoop, link: any WebSocketLink
  ) {
    self.id = id
    self.node = node
    self.key = key
    self.remote = remote
    self.isOwn = isOwn
    self.outbound = outbound
    self.loop = loop
    self.link = NIOLoopBound(LinkReference(link), eventLoop: loop)
  }

  /// Queues one frame of the beacon's own, given in two parts. Never waits: the peer's own oldest frames make room, counted.
  /// - Returns: Whether the peer is still connected.
  package func send(head: RawSpan, body: RawSpan) -> Bool {
    outbound.append(head: head, body: body) == .queued
  }

  /// Queues one frame of several, as ``send(head:body:)``, and leaves it to the caller to ``flush()``.
  /// - Parameter sender: Whose frame it is: when there is no room, the frames of the sender with most of them waiting
  ///   make it. 0 for the beacon's own, which make room for nobody else's.
  /// - Returns: `nil` if the peer isn't connected any more, else whether ``flush()`` is due, once, after this frame or
  ///   later ones. A frame that is longer than a message may be, or than this peer has shown to take, is dropped, counted.
  package func enqueue(head: RawSpan, body: RawSpan, from sender: UInt32, at time: MonotonicInstant) -> Bool? {
    let (admission, needsWake) = outbound.push(head: head, body: body, from: sender, at: time)
    return admission == .disconnected ? nil : needsWake
  }

  /// Lets the event loop send what was queued.
  package func flush() {
    outbound.wake()
  }

  /// Closes the connection. Returns at once; an unresponsive peer is cut off within seconds.
  package func close(_ code: WebSocketCloseCode, reason: String) {
    close(WebSocketCloseFrame(code, reason: reason))
  }

  /// As ``close(_:reason:)``, behind what waits for the peer, unless it has left by itself within a span of time.
  package func retire(_ code: WebSocketCloseCode, reason: String, after span: Duration) {
    loop.scheduleTask(in: TimeAmount(span)) { [link] in
      link.value.link?.perform(.leave(WebSocketCloseFrame(code, reason: reason)))
    }
  }

  /// Closes the connection because the key that was proven isn't the node's any more. Returns at once.
  package func revoke() {
    close(.keyChanged)
  }

  /// Closes the connection behind what waits for the peer, who is to look for a beacon elsewhere, or for this one later: with 1012
  /// (IANA's registry of close codes) where it is of this project, with 1001 (RFC 6455, section 7.4.1) where it may not know that.
  /// Returns at once; from any thread.
  package func sendAway() {
    perform(.leave(.sendingAway(isOwn: isOwn)))
  }

  /// Sends a text message, ahead of frames that wait. Returns at once; from any thread.
  package func tell(_ text: String) {
    perform(.send(text: Array(text.utf8)))
  }

  private func close(_ frame: WebSocketCloseFrame) {
    perform(.close(frame))
  }

  private func perform(_ reaction: WebSocketReaction) {
    loop.execute { [link] in
      link.value.link?.perform(reaction)
    }
  }

  /// What became of the frames sent to this peer.
  package var counts: OutboundQueue.Counts { outbound.counts }

  /// Bytes that wait for this peer, frame headers included.
  package var waitingBytes: Int { outbound.waitingBytes }
}

/// A weak reference, so that a connection in a table doesn't keep a dead channel's handler alive.
private final class LinkReference {
  weak var link: (any WebSocketLink)?

  init(_ link: any WebSocketLink) {
    self.link = link
  }
}

extension WebSocketCloseFrame {
  /// To a peer of a beacon that is about to end.
  static func sendingAway(isOwn: Bool) -> WebSocketCloseFrame {
    WebSocketCloseFrame(isOwn ? .serviceRestart : .goingAway, reason: "the beacon shuts down")
  }

  /// To a peer that has proven a key which isn't its node's any more.
  static let keyChanged = WebSocketCloseFrame(.policyViolation, reason: "key changed")
}
