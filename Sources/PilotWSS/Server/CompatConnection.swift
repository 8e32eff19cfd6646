import NIOCore
package import PilotTransport
package import PilotWire

/// An authenticated peer's connection. Sending and closing work from any thread.
package final class CompatConnection: Sendable {
  /// Unique in the process, never used again.
  package let id: UInt64
  /// Whose key was proven.
  package let node: NodeID
  /// The TCP connection's other end: the node, or the proxy in front of the beacon.
  package let remote: Endpoint
  private let outbound: OutboundQueue
  private let loop: any EventLoop
  private let link: NIOLoopBound<LinkReference>

  init(
    id: UInt64, node: NodeID, remote: Endpoint, outbound: OutboundQueue, loop: any EventLoop, link: any WebSocketLink
  ) {
    self.id = id
    self.node = node
    self.remote = remote
    self.outbound = outbound
    self.loop = loop
    self.link = NIOLoopBound(LinkReference(link), eventLoop: loop)
  }

  /// Queues one frame, given in two parts. Never waits: the peer's own oldest frames make room, counted.
  /// - Returns: Whether the peer is still connected.
  package func send(head: RawSpan, body: RawSpan) -> Bool {
    outbound.append(head: head, body: body) == .queued
  }

  /// Queues one frame of several, as ``send(head:body:)``, and leaves it to the caller to ``flush()``.
  /// - Returns: `nil` if the peer isn't connected any more, else whether ``flush()`` is due, once, after this frame or
  ///   later ones.
  package func enqueue(head: RawSpan, body: RawSpan, at time: MonotonicInstant) -> Bool? {
    let (admission, needsWake) = outbound.push(head: head, body: body, at: time)
    return admission == .queued ? needsWake : nil
  }

  /// Lets the event loop send what was queued.
  package func flush() {
    outbound.wake()
  }

  /// Closes the connection. Returns at once; an unresponsive peer is cut off within seconds.
  package func close(_ code: WebSocketCloseCode, reason: String) {
    loop.execute { [link] in
      link.value.link?.perform(.close(WebSocketCloseFrame(code, reason: reason)))
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
