extension Settings {
  /// `--max-frame-age`, or nil if it is given nowhere.
  func frameAge(_ flag: Int?) throws(CommandFailure) -> Duration? {
    try int(flag, "max-frame-age", in: 1...3_600).map { .seconds($0) }
  }
}
