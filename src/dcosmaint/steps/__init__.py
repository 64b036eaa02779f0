"""The steps, one file each. None of them owns a clock, a thread, a sleep or a retry; each looks before every act."""
