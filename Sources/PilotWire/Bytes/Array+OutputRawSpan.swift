extension [UInt8] {
  /// An array of what `body` appends, at most `rawCapacity` bytes.
  package init(rawCapacity: Int, initializingWith body: (inout OutputRawSpan) -> Void) {
    self.init(capacity: rawCapacity) { output in
      // SAFETY: the raw output covers the array's own free storage and is gone before it; `finalize` tells how much of it
      // has been initialised, and bytes need no more than that to be UInt8 values.
      unsafe output.withUnsafeMutableBufferPointer { buffer, initializedCount in
        let raw = UnsafeMutableRawBufferPointer(buffer)
        var rawOutput = unsafe OutputRawSpan(buffer: raw, initializedCount: 0)
        body(&rawOutput)
        initializedCount = unsafe rawOutput.finalize(for: raw)
      }
    }
  }
}
