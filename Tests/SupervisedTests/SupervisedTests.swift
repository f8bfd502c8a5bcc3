import Supervised
