import ChaosCore
import PilotTesting
import PilotWire
import Testing

@Suite struct ParcelTests {
  private let parcel = Parcel(
    run: 0x0102_0304_0506_0708, round: 9, sender: 10, destination: 11, stream: 12, sequence: 13)

  @Test(arguments: [0, 32, 33, 400, 1_200])
  func `what is sent is what is read, at any length`(length: Int) {
    let bytes = parcel.encoded(length: length)
    #expect(bytes.count == max(length, Parcel.minimumLength))
    #expect(Parcel(parsing: bytes.span.raw) == parcel)
  }

  @Test func `each flipped bit is seen`() {
    let bytes = parcel.encoded(length: 40)
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        #expect(Parcel(parsing: damaged.span.raw) == nil)
      }
    }
  }

  @Test func `a part of it isn't taken for the whole`() {
    let bytes = parcel.encoded(length: 60)
    for length in 0..<bytes.count {
      let part = Array(bytes.prefix(length))
      #expect(Parcel(parsing: part.span.raw) == nil)
    }
  }
}
