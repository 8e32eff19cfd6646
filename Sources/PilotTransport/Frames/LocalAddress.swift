/// One of this machine's addresses, as the one that a datagram was written to: what goes back is to leave from there.
///
/// A socket that is bound to all addresses of a machine hears datagrams to any of them, and peers may drop an answer that
/// comes from another one. So each received frame says which it was (``Frame/local``), and each frame in a ``FrameBatch``
/// can say where it leaves from. What a value stands for is known to the transport that gave it, and to those that share a
/// port with it; it is worth nothing elsewhere, and never lets a transport fail: one that doesn't know it, or has only
/// one address, uses that of the system's choice. One byte.
@frozen
public struct LocalAddress: Hashable, Sendable, BitwiseCopyable {
  /// The place in the transport's table, from 1 on.
  @usableFromInline package let index: UInt8

  /// Whichever address the system chooses: the one with a route to the destination.
  @inlinable
  public static var any: LocalAddress { LocalAddress(index: 0) }

  /// The address at a place of the transport's table.
  @inlinable
  package init(index: UInt8) {
    self.index = index
  }
}
