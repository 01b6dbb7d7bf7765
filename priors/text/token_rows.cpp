#include "priors/text/token_rows.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {

TokenRows padded_rows(const std::vector<std::vector<std::int64_t>>& rows, std::int64_t length,
                      std::int64_t pad) {
  TokenRows out{at::full({std::int64_t(rows.size()), length}, pad, at::kLong), {}};
  for (std::size_t m = 0; m < rows.size(); ++m) {
    const auto count = std::int64_t(rows[m].size());
    if (count > length)
      throw ShapeError(text("tokens: expected at most ", length, " of a text, got ", count));
    std::copy(rows[m].begin(), rows[m].end(),
              out.ids.data_ptr<std::int64_t>() + std::int64_t(m) * length);
    out.counts.push_back(count);
  }
  return out;
}

}  // namespace lvtino
