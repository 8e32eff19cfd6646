public import PilotTransport
public import PilotWire

/// What the driver does with a frame that the router has looked at. It has nothing left to decide.
///
/// A plain value: no case holds memory, and the frame's bytes stay where they are.
public enum RouterAction: Equatable, Sendable {
  /// Send to this address, from that one of this machine's own: the header, then the frame's bytes from
  /// ``DeliverHeader/payloadOffset`` on.
  case deliverUDP(Endpoint, DeliverHeader, from: LocalAddress = .any)
  /// Send over this connection: the header, then the frame's bytes from ``DeliverHeader/payloadOffset`` on.
  case deliverWSS(ConnectionID, DeliverHeader)
  /// Answer a Discover.
  case answer(DiscoverAnswer)
  /// The frame is a ``/PilotWire/DiscoverProof`` over a challenge that is young enough. Ask ``DiscoverAuthenticator/hasMade(_:for:)``,
  /// then ``Router/admits(_:from:at:)``, and have the signature verified elsewhere; at the end tell the router:
  /// ``Router/proven(_:from:_:at:)`` or ``Router/proofRefused(_:)``.
  case verifyProof(from: Endpoint, LocalAddress = .any)
  /// Tell both sides where to punch: ``Router/commands(for:at:)``.
  case punch(PunchPair)
  /// The frame is a ``/PilotWire/PunchRequest`` with a grant. Have it verified elsewhere with
  /// ``DiscoverAuthenticator/verifiesGrant(of:)``, then tell the router: ``Router/granted(_:from:at:)`` or
  /// ``Router/grantRefused(_:)``.
  case verifyGrant(from: FrameOrigin)
  /// Nothing: it has been counted as dropped.
  case drop(RouterDropReason)
  /// Nothing: it was in order, and is not due. It has been counted.
  case nothing
}

/// The header that takes the place of a relayed frame's own on its last leg (wire reference, section 2).
public enum DeliverHeader: Equatable, Sendable {
  /// `0x06 · sender:4`, what a peer gets that said Discover.
  case short(sender: NodeID)
  /// `0x09 · sender:4 · destination:4`, what a peer gets that said DiscoverEx.
  case withDestination(sender: NodeID, destination: NodeID)

  /// Where the payload starts in the Relay frame, in bytes.
  public static var payloadOffset: Int { Relay.headerLength }

  /// The header's size, in bytes: 5 or 9. Never more than the Relay header that it replaces, so that it can be written
  /// in front of the payload in place.
  public var length: Int {
    switch self {
    case .short: RelayDeliver.headerLength
    case .withDestination: RelayDeliverDest.headerLength
    }
  }

  /// Appends the header, which the caller follows with the payload.
  ///
  /// - Throws: `WireError.noRoom` if the buffer has fewer than ``length`` bytes left.
  @_lifetime(output: copy output)
  public func write(into output: inout OutputRawSpan) throws(WireError) {
    switch self {
    case .short(let sender):
      try RelayDeliver.writeHeader(sender: sender, into: &output)
    case .withDestination(let sender, let destination):
      try RelayDeliverDest.writeHeader(sender: sender, destination: destination, into: &output)
    }
  }
}

/// How to answer a Discover: up to three small datagrams.
public struct DiscoverAnswer: Equatable, Sendable {
  /// Whom to send a DiscoverReply to, with its own address in it: for UDP this endpoint, from the address that it wrote to, for WSS the connection's remote
  /// address, which the driver knows. It is due whether or not the router believed the Discover.
  public let origin: FrameOrigin
  /// The node whose registered endpoint the Discover puts in question: send it the probe, ``Router/pendingProbe(_:at:)``.
  /// Deployed nodes take that for a late answer, and `RegistrationSchedule` for a reason to announce itself soon; a socket that
  /// is gone makes its host's kernel answer with ICMP, which the router wants to hear of.
  public let probing: NodeID?
  /// Whether the Discover carries a public key that its sender could prove to own: send what
  /// ``DiscoverAuthenticator/challenge(_:offering:stamp:to:)`` makes of ``Router/offer(in:at:)``, if anything.
  public let invitesProof: Bool

  package init(to origin: FrameOrigin, probing: NodeID? = nil, invitesProof: Bool = false) {
    self.origin = origin
    self.probing = probing
    self.invitesProof = invitesProof
  }
}
