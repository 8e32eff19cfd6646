import PilotWire
import Testing

@Suite struct FrameFamilyTests {
  @Test func isToldByTheFirstByte() {
    for first in UInt8.min...UInt8.max {
      let frame = [first, 0xFF]
      let expected: FrameFamily = first < 0x10 ? .beacon : first == 0x50 ? .tunnel : .unknown
      #expect(FrameFamily(of: frame.span.raw) == expected)
    }
    #expect(FrameFamily(of: RawSpan()) == .unknown)
  }
}
