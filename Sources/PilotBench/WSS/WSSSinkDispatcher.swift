import PilotWSS
import PilotWire

/// Counts frames, and tells the count when asked.
final class WSSSinkDispatcher: WSSDispatcher {
  /// A frame of this length asks for the count; its answer is the count in 8 bytes. All others are counted.
  static let questionLength = 1

  private var received: UInt64 = 0

  func received(_ frame: RawSpan, on connection: WSSConnection) {
    guard frame.byteCount == Self.questionLength else {
      received += 1
      return
    }
    let answer = [UInt8](rawCapacity: 8) { $0.append(bigEndian: received) }
    // A peer that has gone asks no more.
    _ = connection.send(head: answer.span.raw, body: RawSpan())
  }

  func attached(_ connection: WSSConnection) { received = 0 }
  func ignored() {}

  func readCompleted(on connection: WSSConnection) {}
  func parting(_ connection: WSSConnection) {}
  func detached(_ connection: WSSConnection) {}
  func refused(_ refusal: WSSRefusal) {}
}
