#include "lvtino/core/progress.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <string>

BOOST_AUTO_TEST_SUITE(progress)

using namespace lvtino;

namespace {

/// Puts `file` in the place of the error stream while it lives.
class Redirected {
 public:
  explicit Redirected(int file) : saved_(::dup(STDERR_FILENO)) { ::dup2(file, STDERR_FILENO); }
  ~Redirected() {
    std::fflush(stderr);
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
  }

 private:
  int saved_;
};

void show_something(bool enabled) {
  Progress progress(enabled);
  progress.show(0.5, "step 1 of 2");
  progress.show(1.0, "step 2 of 2");
}

std::string pending(int file) {
  char buffer[4096];
  ::fcntl(file, F_SETFL, O_NONBLOCK);
  const auto count = ::read(file, buffer, sizeof buffer);
  return count > 0 ? std::string(buffer, std::size_t(count)) : std::string();
}

}  // namespace

BOOST_AUTO_TEST_CASE(silent_on_a_pipe) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  {
    const Redirected redirected(ends[1]);
    show_something(true);
  }
  BOOST_TEST(pending(ends[0]) == "");
  ::close(ends[0]), ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(draws_on_a_terminal) {
  const int controller = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (controller < 0 || ::grantpt(controller) != 0 || ::unlockpt(controller) != 0) return;
  const int terminal = ::open(::ptsname(controller), O_RDWR | O_NOCTTY);
  BOOST_REQUIRE(terminal >= 0);
  {
    const Redirected redirected(terminal);
    show_something(true);
  }
  const std::string drawn = pending(controller);
  BOOST_TEST(drawn.find("50 %") != std::string::npos, drawn);
  BOOST_TEST(drawn.find("step 2 of 2") != std::string::npos, drawn);
  BOOST_TEST(drawn.substr(drawn.size() - 4) == "\r\x1b[K", drawn);
  {
    const Redirected redirected(terminal);
    show_something(false);
  }
  BOOST_TEST(pending(controller) == "");
  ::close(terminal), ::close(controller);
}

BOOST_AUTO_TEST_SUITE_END()
