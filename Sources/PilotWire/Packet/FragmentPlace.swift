/// Which part of which datagram a packet of ``PacketProtocol/fragment`` carries, by the fields that datagrams leave at 0 (wire
/// reference, section 5).
///
/// `sequence`: the datagram's number:4 · `acknowledgement`: index:2 · count:2 · `window`: the datagram's length:2
///
/// Every fragment but the last has the same length, which follows from the other two: the datagram's divided by the count, rounded
/// up. So no two fragments overlap, and none leaves a hole.
public struct FragmentPlace: Hashable, Sendable {
  /// How many fragments a datagram has at most.
  public static let countLimit = 64

  /// Which of the sender's datagrams it belongs to.
  public let number: UInt32
  /// Which of the fragments it is, from 0.
  public let index: Int
  /// How many there are: 2 to ``countLimit``.
  public let count: Int
  /// How long the datagram is, in bytes.
  public let length: Int

  /// Where this fragment's bytes stand in the datagram.
  public var range: Range<Int> {
    let step = Self.step(length, in: count)
    return min(index * step, length)..<min((index + 1) * step, length)
  }

  private static func step(_ length: Int, in count: Int) -> Int { (length + count - 1) / count }

  /// The places of a datagram's fragments.
  ///
  /// - Parameters:
  ///   - number: Its number.
  ///   - length: How long it is, in bytes.
  ///   - room: How much of it fits into a packet, in bytes.
  /// - Returns: One place for each; nil if that would be fewer than two or more than ``countLimit``.
  public static func places(ofDatagram number: UInt32, length: Int, room: Int) -> [FragmentPlace]? {
    guard room > 0, length > room, length <= Packet.maximumPayloadLength else { return nil }
    let count = step(length, in: room)
    guard count <= countLimit else { return nil }
    return (0..<count).map { FragmentPlace(number: number, index: $0, count: count, length: length) }
  }

  private init(number: UInt32, index: Int, count: Int, length: Int) {
    (self.number, self.index, self.count, self.length) = (number, index, count, length)
  }

  /// Reads the place of a packet's payload.
  ///
  /// - Returns: nil for one that no datagram has, or where the payload isn't as long as it must be.
  public init?(_ header: PacketHeader, payloadLength: Int) {
    let place = FragmentPlace(
      number: header.sequence, index: Int(header.acknowledgement >> 16), count: Int(header.acknowledgement & 0xFFFF),
      length: Int(header.window))
    guard (2...Self.countLimit).contains(place.count), place.index < place.count, place.length >= place.count else {
      return nil
    }
    let range = place.range
    guard !range.isEmpty, range.count == payloadLength else { return nil }
    self = place
  }

  /// The header of the packet that carries it.
  ///
  /// - Parameter datagram: The header of the datagram, as if it went in one piece.
  public func header(of datagram: PacketHeader) -> PacketHeader {
    var header = datagram
    header.protocol = .fragment
    header.sequence = number
    header.acknowledgement = UInt32(index) << 16 | UInt32(count)
    header.window = UInt16(length)
    return header
  }
}
