#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import PilotTransport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What this process takes of its machine, as far as the system tells: on Linux by /proc (proc(5)), elsewhere not.
struct ProcessUsage: Sendable, Equatable {
  /// Bytes in memory.
  var residentBytes: UInt64
  /// What all threads have computed, in milliseconds.
  var processorMilliseconds: UInt64
  /// Open files and sockets.
  var openDescriptors: Int
  /// How many there may be.
  var descriptorLimit: Int

  /// Reads /proc, where each open descriptor is an entry: with 10,000 of them some milliseconds.
  static var current: ProcessUsage? {
    guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    else { return nil }
    return ProcessUsage(
      statm: statm, pageBytes: UInt64(clamping: sysconf(CInt(_SC_PAGESIZE))),
      processorMilliseconds: processorMilliseconds,
      // One of them is that of the directory itself.
      openDescriptors: max(descriptors.count - 1, 0), descriptorLimit: DescriptorLimit.current)
  }

  /// - Parameter statm: What is in that file: sizes in pages, the second one of what is in memory.
  init?(
    statm: String, pageBytes: UInt64, processorMilliseconds: UInt64, openDescriptors: Int, descriptorLimit: Int
  ) {
    let fields = statm.split(separator: " ")
    guard fields.count >= 2, let pages = UInt64(fields[1]) else { return nil }
    residentBytes = pages &* pageBytes
    self.processorMilliseconds = processorMilliseconds
    (self.openDescriptors, self.descriptorLimit) = (openDescriptors, descriptorLimit)
  }

  private static var processorMilliseconds: UInt64 {
    var time = timespec()
    // SAFETY: clock_gettime(2) writes one `timespec`, which lives for the length of the call.
    guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    return UInt64(clamping: time.tv_sec) &* 1_000 &+ UInt64(clamping: time.tv_nsec) / 1_000_000
  }
}
