#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// How much memory processes have (proc_pid_status(5)). Linux tells; other systems have no such file.
enum ProcessMemory {
  /// The resident bytes of a process, or nil if the system doesn't tell.
  static func residentBytes(of process: Int32) -> Int? {
    guard let status = FileManager.default.contents(atPath: "/proc/\(process)/status") else { return nil }
    return residentBytes(inStatus: String(decoding: status, as: UTF8.self))
  }

  /// The value of the line `VmRSS:     1234 kB`, in bytes.
  static func residentBytes(inStatus text: String) -> Int? {
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count == 3, words[0] == "VmRSS:", words[2] == "kB" else { continue }
      return Int(words[1]).map { $0 * 1_024 }
    }
    return nil
  }
}
