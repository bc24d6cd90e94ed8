//! How a dump ends, and whether that is too early.

use super::Debug2;
use crate::model::Dump;
use crate::model::Format;
use crate::model::Truncation;
use crate::model::TruncationReason;
use crate::parse::race::Reports;

/// The most that pprof writes at debug=2 (Go 1.0 to 1.27, runtime/pprof/pprof.go,
/// writeGoroutineStacks).
const PPROF_LIMIT: u64 = 64 << 20;

impl Debug2 {
    /// The dump, whose text ended at `end` of the input; `at_eof` if the input ended there too.
    /// `None` if there was no goroutine in it.
    pub(crate) fn finish(mut self, bytes: u64, end: u64, at_eof: bool) -> Option<Dump> {
        let account = self.builder.dump().account;
        if self.builder.dump().is_empty() && account.cut_off == 0 && account.not_understood == 0 {
            return None;
        }
        self.builder.set_bytes(bytes);
        if self.gccgo && !self.plain {
            self.builder.set_format(Format::Gccgo);
        }
        Reports::end(self.reports.take(), &mut self.builder);
        if let Some(reason) = self.truncation(bytes).filter(|_| at_eof) {
            self.builder.set_truncation(Truncation { reason, at_byte: end });
        }
        Some(self.builder.finish())
    }

    /// Why a dump of `bytes` bytes that ends with the input is thought to be cut, if it is.
    fn truncation(&self, bytes: u64) -> Option<TruncationReason> {
        let cut = self.builder.dump().account.cut_off > 0;
        if bytes == PPROF_LIMIT {
            Some(TruncationReason::Pprof64Mib)
        } else if cut && self.mid_line && bytes.is_power_of_two() && bytes >= 1024 {
            Some(TruncationReason::Buffer)
        } else if cut && self.mid_line {
            Some(TruncationReason::MidLine)
        } else {
            cut.then_some(TruncationReason::MidGoroutine)
        }
    }
}
