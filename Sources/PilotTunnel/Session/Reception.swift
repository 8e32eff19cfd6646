package import PilotWire

/// What a received tunnel frame was.
///
/// What names a peer has been opened under a key that only the peer has. Ranges are those of the plaintext that was written.
package enum Reception: Equatable, Sendable {
  /// A packet for whoever uses the node. Its source is the peer, and its destination this node.
  case packet(from: NodeID, header: PacketHeader, payload: Range<Int>)
  /// A datagram whose last missing fragment has come, with the header of that.
  case assembled(from: NodeID, header: PacketHeader, datagram: [UInt8])
  /// A fragment of which others are missing, or what peers tell each other about fragments.
  case fragment(from: NodeID)
  /// A path probe. It has been answered.
  case probe(from: NodeID, payload: Range<Int>)
  /// The answer to a path probe.
  case echo(from: NodeID, payload: Range<Int>)
  /// A sign of life, and nothing else.
  case life(from: NodeID)
  /// What opens a NAT. It names nobody.
  case punch
  /// A key exchange that says it is this node's, and may have had consequences.
  case exchange(NodeID)
  /// Nothing. It was dropped, and counted.
  case dropped(TunnelDrop)
}

/// Why something was dropped.
package enum TunnelDrop: Int, CaseIterable, Sendable {
  /// No tunnel frame, or one that is cut off.
  case malformed
  /// It says that it is from this very node.
  case ownSender
  /// The beacon says that it is another node's.
  case otherSender
  /// A packet in the clear.
  case plain
  /// A key exchange, or what asks for one, that came too soon after others of the same origin, or of all.
  case tooMany
  /// Of a node whose key is being looked up, or can't be.
  case unknownPeer
  /// A key exchange with another identity than the one that is known.
  case wrongKey
  /// A key exchange whose signature is wrong.
  case wrongSignature
  /// A key exchange whose key makes no secret.
  case weakKey
  /// A key exchange that nobody vouches for.
  case unauthenticated
  /// A key exchange that changes nothing: the session is there, or has been.
  case staleExchange
  /// A sealed frame of a peer without a session.
  case noSession
  /// A sealed frame that doesn't open: forged, or of a session that has gone.
  case forged
  /// A sealed frame that has come before, or is too old to tell.
  case replayed
  /// A sealed frame with a nonce's prefix that isn't taken any more.
  case closedPrefix
  /// A frame that opens, and holds no packet.
  case malformedPacket
  /// A packet whose source isn't the peer that sealed it.
  case wrongSource
  /// A packet for another node.
  case wrongDestination
  /// A packet to a peer for which too many wait, or to one peer too many.
  case pendingFull
  /// A packet that has waited too long for a session.
  case pendingExpired
  /// A packet to a peer that gets no session.
  case refused
  /// A packet that couldn't be sealed.
  case notSealed
  /// A fragment, where none are put together.
  case fragmentRefused
  /// A fragment that isn't of the datagram that it says, came twice, or found no room.
  case fragmentUnfit
  /// A datagram of which fragments were missing for too long, or that had to make room for another.
  case incomplete
}
